"""Content filters of others: rspamd, SpamAssassin's spamd, ClamAV's clamd and milters, asked about a message.

`scan.Filters` asks all that are configured; each client says what it was told as `mailnode.findings.Finding`.
"""
