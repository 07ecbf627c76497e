"""HTML of strangers: mailnode.message.html."""

from __future__ import annotations

import pytest

from mailnode.message.html import to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>you</b></p><p>again</p>", "Hello you\nagain"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<p>one\n   two</p>", "one two"),
        ("a &amp; b &lt;tag&gt; &#20320;&nbsp;x", "a & b <tag> 你 x"),
        ("<style>p{color:red}</style>x<script>alert('<p>')</script>y", "xy"),
        ("<title>t</title><body>x", "x"),
        ("a<!-- hidden <p> -->b<!--[if mso]>c<![endif]-->d", "abd"),
        ("<td>a</td><td>b</td>", "a b"),
        ("a<span style='display:none'>secret <span>x</span> y</span>b", "ab"),
        ('a<div style="x:y; Display : NONE">secret</div>b', "ab"),
        ("a<div hidden>secret</div>b", "ab"),
        ("<a class='hidden-link' href=x>shown</a>", "shown"),
        ('<img alt="a > b">x', "x"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a<script>never ended", "a"),
        ("a<!-- never ended", "a"),
        ("<p", ""),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("", ""),
    ],
)
def test_to_text(html: str, text: str) -> None:
    assert to_text(html) == text
