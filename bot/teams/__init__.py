"""Teams: activity → command, card → answer. Knows no handler: it is handed `dispatch`.

surface     one delivery, from its gate to its answer
gates       who may come in     tokens: Bot Framework's token     keys: what that is checked with
activities  JSON → what was sent     mentions, queries: what is meant by it     seen: what came before
adapter     botbuilder's edge     inbound: activity → command → answer
outbound    reply → answer to an invoke     connector: carries posts     credentials: our token     service_urls: where to
"""
