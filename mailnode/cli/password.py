"""A password from standard input, never from the arguments."""

from __future__ import annotations

import sys
from getpass import getpass

from mailnode.cli.language import Text
from mailnode.errors import WeakPassword

PASSWORD = Text("Password: ", "密码：")
AGAIN = Text("Again: ", "再输入一次：")
DIFFERENT = Text("The two passwords differ", "两次输入的密码不同")
NONE_GIVEN = Text("Give the password on standard input", "请在标准输入中给出密码")


def read() -> str:
    """One line of standard input; typed twice, unseen, on a terminal. Raises WeakPassword."""
    if sys.stdin.isatty():
        password = getpass(str(PASSWORD))
        if getpass(str(AGAIN)) != password:
            raise WeakPassword(str(DIFFERENT))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise WeakPassword(str(NONE_GIVEN))
    return password
