"""Every change to the directory, in one place to import from; the command line and the API use no other.

Each function runs in the caller's writing transaction and raises a MailError where a rule says no;
the caller then rolls back.
"""

from mailnode.directory.aliases import (
    add_targets,
    alias,
    aliases,
    create_alias,
    remove_alias,
    remove_targets,
    set_targets,
)
from mailnode.directory.domains import (
    DomainChanges,
    add_dkim_key,
    create_domain,
    dkim_keys_of,
    domain,
    domains,
    new_dkim_keys,
    set_domain,
)
from mailnode.directory.removal import remove_domain
from mailnode.directory.users import (
    NewPassword,
    UserChanges,
    administered,
    administers,
    create_user,
    new_password,
    remove_user,
    set_administered,
    set_password,
    set_user,
    user,
    users,
)

__all__ = [
    "DomainChanges",
    "NewPassword",
    "UserChanges",
    "add_dkim_key",
    "add_targets",
    "administered",
    "administers",
    "alias",
    "aliases",
    "create_alias",
    "create_domain",
    "create_user",
    "dkim_keys_of",
    "domain",
    "domains",
    "new_dkim_keys",
    "new_password",
    "remove_alias",
    "remove_domain",
    "remove_targets",
    "remove_user",
    "set_administered",
    "set_domain",
    "set_password",
    "set_targets",
    "set_user",
    "user",
    "users",
]
