"""The resources of the API, one subject a file; each has its schemas under the same name."""

from backend.resources import aliases, domains, me, sessions, system, users

BLUEPRINTS = (sessions.bp, me.bp, domains.bp, users.bp, aliases.bp, system.bp)
