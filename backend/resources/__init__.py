"""The resources of the API, one subject a file; each has its schemas under the same name."""

from backend.resources import (
    aliases,
    domains,
    drafts,
    events,
    image_proxy,
    mailboxes,
    me,
    messages,
    queue,
    registrations,
    search,
    sessions,
    submissions,
    system,
    uploads,
    users,
)

BLUEPRINTS = (
    sessions.bp,
    me.bp,
    registrations.bp,
    mailboxes.bp,
    messages.bp,
    search.bp,
    drafts.bp,
    uploads.bp,
    submissions.bp,
    events.bp,
    image_proxy.bp,
    domains.bp,
    users.bp,
    aliases.bp,
    queue.bp,
    system.bp,
)
