"""The titles of problems in both languages.

Those of MailErrors stand in mailnode.errors and mailnode.sentences; here are the ones that only HTTP
knows. A test holds that every kind has both.
"""

from __future__ import annotations

from mailnode.sentences import CHINESE

OF_HTTP = {
    "bad-request": ("The request cannot be understood", "无法理解此请求"),
    "invalid": ("The request does not fit the contract", "请求不符合约定"),
    "not-json": ("The body is not JSON", "请求正文不是 JSON"),
    "unauthorized": ("Log in first", "请先登录"),
    "forbidden": ("You may not do this", "您无权执行此操作"),
    "csrf": ("The request lacks its cross-site token; reload the page", "请求缺少跨站令牌，请重新加载页面"),
    "not-found": ("There is nothing here", "此处没有内容"),
    "method-not-allowed": ("This cannot be done here", "此处不能这样做"),
    "precondition-failed": (
        "Somebody else has changed this meanwhile; load it again",
        "其间已被他人修改，请重新加载",
    ),
    "precondition-required": ("Say in If-Match which version you want to change", "请在 If-Match 中指明要修改的版本"),
    "too-large": ("This is too large", "内容过大"),
    "too-many-requests": ("Too many requests; wait a moment", "请求过多，请稍候"),
    "internal": ("Something went wrong on our side; it has been noted", "我们这边出了问题，已记录"),
    "unavailable": ("The service is not available at the moment", "服务暂时不可用"),
    "http": ("The request failed", "请求失败"),
}


def title_of(kind: str, language: str) -> str | None:
    """None where only the error's own English sentence is known."""
    english, chinese = OF_HTTP.get(kind, (None, None))
    return CHINESE.get(kind, chinese) if language == "zh" else english
