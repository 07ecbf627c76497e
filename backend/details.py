"""What is told of one refusal beside its title, in Chinese.

The details are written in English where they arise. On their way out the sentence is looked up, by what stands around
its facts where it has some. A sentence that nobody has translated -- an administrator's own words -- stays as it is.
A test holds that those which the code can say stand here.
"""

from __future__ import annotations

import re

LONGEST = 4000  # characters of a sentence that is looked for
CHINESE = {  # {} is a fact
    # of the directory
    "{} is not a mail address": "{} 不是邮件地址",
    "{} is not a domain name": "{} 不是域名",
    "This is not a mail address: it is too long": "这不是邮件地址：过长",
    "This is not a mail address: the part before the @ is not valid": "这不是邮件地址：@ 之前的部分无效",
    "This is not a mail address: the part before the @ is empty or too long": (
        "这不是邮件地址：@ 之前的部分为空或过长"
    ),
    "This is not a mail address: the domain is too long": "这不是邮件地址：域名过长",
    "This is not a mail address: the domain is not valid": "这不是邮件地址：域名无效",
    "This is not a mail address: a label of the domain is too long": "这不是邮件地址：域名中有一段过长",
    "This is not a mail address: the address literal is not valid": "这不是邮件地址：方括号中的地址无效",
    "An address here does not begin with {}": "本站地址不能以 {} 开头",
    "The wildcard is for aliases": "通配符只能用于别名",
    "{} is an alias domain itself": "{} 本身就是别名域",
    "{} is an alias domain; use the domain that it stands for": "{} 是别名域，请使用它所代表的域",
    "The alias has no such target": "该别名没有此目标",
    "{} leads back to itself": "{} 又指回了它自己",
    "{} leads to more than {} addresses": "{} 指向的地址超过 {} 个",
    "A password has no control characters": "密码不能含控制字符",
    "A quota is not negative": "配额不能为负数",
    "The default quota is larger than the largest allowed": "默认配额大于允许的最大配额",
    "The quota is larger than the {} bytes that the domain allows": "配额大于该域允许的 {} 字节",
    "A transport names a host to send to, or an address to send from": "传输路由须指明发往的主机或发出的地址",
    "A password is sent only to a host that proves its name: TLS is verified then": (
        "密码只发给能证明自己名称的主机：此时须验证 TLS"
    ),
    "The host is neither a name nor an IP address": "主机既不是名称也不是 IP 地址",
    "The source is no IP address": "源地址不是 IP 地址",
    # of mailboxes and messages
    "INBOX is renamed by moving its messages": "收件箱不能改名，请移动其中的邮件",
    "INBOX cannot be removed": "收件箱不能删除",
    "A mailbox cannot be moved below itself": "邮箱夹不能移到它自己之下",
    "Remove the mailboxes below this one first": "请先删除其下的邮箱夹",
    "A mailbox stays with its owner; copy its messages instead": "邮箱夹属于其所有者，请改为复制其中的邮件",
    "The mailbox is not shared with them": "此邮箱夹未共享给对方",
    "There was no such mailbox at that time": "当时没有此邮箱夹",
    "There is no message with the uid {}": "没有 UID 为 {} 的邮件",
    "{} is no unique id: 1 to {} printable ASCII characters without blanks": (
        "{} 不是唯一标识：须为 1 到 {} 个不含空格的可见 ASCII 字符"
    ),
    "Another message has the unique id {}": "另一封邮件的唯一标识已是 {}",
    # of sending
    "You may send as your own addresses only; look at the From field": "只能用您自己的地址发信，请查看发件人",
    "The From field can be read in more than one way; write each address once": (
        "发件人一栏有多种读法，每个地址请只写一次"
    ),
    "The message has no From field": "邮件没有发件人",
    "There is no user {} here": "本站没有用户 {}",
    "You may send {} messages an hour; try again later": "您每小时最多可发 {} 封邮件，请稍后再试",
    "You may send {} recipients an hour; try again later": "您每小时最多可发给 {} 个收件人，请稍后再试",
    "You may send {} messages a day; try again later": "您每天最多可发 {} 封邮件，请稍后再试",
    "You may send {} recipients a day; try again later": "您每天最多可发给 {} 个收件人，请稍后再试",
    "All users of your domain together may send {} messages an hour; try again later": (
        "您的域的全部用户每小时最多可发 {} 封邮件，请稍后再试"
    ),
    "All users of your domain together may send {} recipients an hour; try again later": (
        "您的域的全部用户每小时最多可发给 {} 个收件人，请稍后再试"
    ),
    "All users of your domain together may send {} messages a day; try again later": (
        "您的域的全部用户每天最多可发 {} 封邮件，请稍后再试"
    ),
    "All users of your domain together may send {} recipients a day; try again later": (
        "您的域的全部用户每天最多可发给 {} 个收件人，请稍后再试"
    ),
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
_WITH_FACTS = [
    (re.compile(re.escape(english).replace(r"\{\}", "(.*)"), re.DOTALL), chinese)
    for english, chinese in CHINESE.items()
    if "{}" in english
]


def in_chinese(detail: str) -> str:
    """The sentence in Chinese, where there is one."""
    if detail in CHINESE:
        return CHINESE[detail]
    for english, chinese in _WITH_FACTS if len(detail) <= LONGEST else ():
        if found := english.fullmatch(detail):
            return chinese.format(*found.groups())
    return detail
