"""The library: documents and how to find things in them. Knows no chat and no database.

A folder becomes documents: `folder` (by `disk`, only what may be read) → `formats` → `markdown`, `asciidoc`, … (`inline`,
`outline`) → `metadata`, `decision_records`, `clauses` → `references` (over the whole folder). `cache` keeps them parsed.

A question becomes an answer: `library` → `finding` (`expansion` of its words, `ranking` over the `index`, close `reading` of
the best sections) → `confidence` → `answers`. `segments` keep the index in step with the folder, `index_file` keeps it.

`live` holds the library of this moment and follows the folder.
"""
