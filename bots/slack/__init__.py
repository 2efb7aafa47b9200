"""Slack: events in by Socket Mode and Bolt, answers out as native streams or edited posts."""
