"""Slack: payload → command, card → answer. Knows no handler: it is handed `dispatch`."""
