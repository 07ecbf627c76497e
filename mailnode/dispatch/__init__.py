"""The queue manager: claims what is due, has it relayed or delivered, reports to senders."""
