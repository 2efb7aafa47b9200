"""Discord: messages in by the gateway, answers out as posts that are edited while they grow."""
