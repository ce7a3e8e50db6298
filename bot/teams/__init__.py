"""Teams: activity → command, reply → answer. Knows no handler: it is handed `dispatch`. Knows places, forms and cards,
and what no button means.

surface     one delivery, from its gate to its answer; one that was cut, taken up again
gates       who may come in     tokens: Bot Framework's token     keys: what that is checked with
activities  JSON → what was sent     mentions, queries, gestures: what is meant by it     seen: what came before
wishes      activity → command, before it is known who sent it     intake: what changes something is written down
adapter     botbuilder's edge     inbound: messages, arrivals     invokes: searches, links, dialogs, buttons, what is typed in a field
accounts    who sent it     roster: who they are now     graph: their groups
directory   where the bot is     references: how that is stored
replies     command → reply     sharing: the rooms of a person     outbound: reply → body of an answer or a post
posts       for people who wait     afterwards: for those who waited too long     announcing: for the announcer
connector   carries them     credentials: our token     service_urls: where to     session: the HTTP client
manifest    what an administrator uploads     icons: its two pictures
"""
