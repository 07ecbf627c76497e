"""The resources of the API, one subject a file; each has its schemas under the same name."""

from backend.resources import (
    aliases,
    domains,
    events,
    mailboxes,
    me,
    messages,
    queue,
    registrations,
    search,
    sessions,
    system,
    users,
)

BLUEPRINTS = (
    sessions.bp,
    me.bp,
    registrations.bp,
    mailboxes.bp,
    messages.bp,
    search.bp,
    events.bp,
    domains.bp,
    users.bp,
    aliases.bp,
    queue.bp,
    system.bp,
)
