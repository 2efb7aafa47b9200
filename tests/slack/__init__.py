"""What people see in Slack, asked of the whole product over real sockets."""
