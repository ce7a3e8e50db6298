"""What scripts and incident tools talk to: webhooks, the JSON API, the policy bundle. Knows neither the store nor handlers."""
