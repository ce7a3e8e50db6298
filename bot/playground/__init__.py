"""A Slack workspace in a box: the outside world for development and tests. The bot does not know it."""
