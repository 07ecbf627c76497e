"""To somebody else's MX: where a message goes, and the conversation that hands it over."""
