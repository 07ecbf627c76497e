"""What is told of one refusal beside its title, in Chinese.

The details are written in English where they arise. On their way out the sentence is looked up, by what stands around
its facts where it has some: in `mailnode.sentences` what the mail system says, here what only the API does. A test
holds that those which the code can say stand there.
"""

from __future__ import annotations

from mailnode.sentences import DETAILS_CHINESE, Catalogue

_CATALOGUE = Catalogue(
    DETAILS_CHINESE
    | {
        "The mailbox is not shared with them": "此邮箱夹未共享给对方",
        # of searching
        "At most {} words": "最多 {} 个词",
        "has:{} is not known; there is has:attachment": "没有 has:{}，可用 has:attachment",
        "is:{} is not known; there are {}": "没有 is:{}，可用 {}",
        "{} is not a size; write 500k or 5M": "{} 不是大小，请写成 500k 或 5M",
        "{} is not a day; write 2026-01-31": "{} 不是日期，请写成 2026-01-31",
        # of requests
        "One of {}, with - for downwards": "须为 {} 之一，降序时前加 -",
        "This cursor is not one of ours": "此游标不是这里给出的",
        "Name either an upload, or a message and a part": "请指明一个上传文件，或一封邮件及其部分",
        "Name a message, a recipient, a destination or a user": "请指明邮件、收件人、目的地或用户",
        "Give either ids or mailbox": "请给出 ids 或 mailbox 之一",
        "Say where to": "请说明移到何处",
        "Say which flags": "请说明哪些标志",
        "Either a mailbox or messages": "请给出邮箱夹或邮件之一",
        "At most {} levels": "最多 {} 层",
        "At most {} characters of JSON": "JSON 最多 {} 个字符",
        "Missing data for required field.": "此项必填",
        "Field may not be null.": "此项不能为空",
        "Unknown field.": "没有此项",
        "Invalid value.": "值无效",
        "Invalid input.": "输入无效",
        "Invalid input type.": "类型无效",
        "Invalid type.": "类型无效",
        "Not a valid list.": "不是列表",
        "Not a valid string.": "不是文字",
        "Not a valid number.": "不是数字",
        "Not a valid integer.": "不是整数",
        "Not a valid boolean.": "不是真假值",
        "Not a valid date.": "不是日期",
        "Not a valid datetime.": "不是时间",
        "Not a valid aware datetime.": "不是带时区的时间",
        "Not a valid mapping type.": "不是对象",
        "Number too large.": "数字过大",
        "String does not match expected pattern.": "格式不对",
        "Shorter than minimum length {}.": "至少 {} 个字符或项",
        "Longer than maximum length {}.": "最多 {} 个字符或项",
        "Length must be between {} and {}.": "须为 {} 到 {} 个字符或项",
        "Must be one of: {}.": "须为其中之一：{}",
        "Must be greater than or equal to {} and less than or equal to {}.": "须在 {} 到 {} 之间",
        "Must be greater than or equal to {}.": "不能小于 {}",
        "Must be less than or equal to {}.": "不能大于 {}",
    }
)


def in_chinese(detail: str) -> str:
    """The sentence in Chinese, where there is one."""
    return _CATALOGUE.in_chinese(detail)
