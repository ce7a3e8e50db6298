"""Values and rules, pure: people, commands, events. The standard library only."""
