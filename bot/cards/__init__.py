"""What we say and how each platform draws it, pure: card in, JSON or text out.

How what is drawn comes back, for whoever reads it:

| model                 | Slack                                                          | Teams                          |
|-----------------------|----------------------------------------------------------------|--------------------------------|
| `Button.verb`         | `actions[0].action_id` up to ":" (two equal ids are refused)   | `action.verb`; fallback: `value.verb` |
| `Button.about`        | `actions[0].value`, absent when empty                          | `action.data.about`; fallback: `value.about` |
| `Form.verb`, `.about` | `view.callback_id`, `view.private_metadata`                    | `data.verb`, `data.about`      |
| a field's value       | `view.state.values[NAME]`: its one element's `value`, `selected_date` or `selected_option.value` | `data[NAME]`  |
| `Form.redraw`         | `actions[0].action_id` up to ":", of a field that is `live`    | –                              |
| `Field.search`        | `action_id` between the first two ":", of a `block_suggestion` | `value.dataset` of `application/search` |

In Teams a button also carries "msteams" where it opens a dialog and "announced" where its post is kept up to date by the
announcer. Field names are therefore never "verb", "about", "msteams" or "announced".
"""
