"""Sentences in Chinese: the refusals of mailnode.errors by kind and in words of their own, what POP3 says, and what
checks have found.

The English sentences stand with their classes, and where they are said. Tests hold that each has one here. In what
POP3 says # stands for a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from mailnode.language import Language

LONGEST = 4000  # characters of a sentence that is looked for


class Catalogue:
    """English sentences and their Chinese; {} is a fact. Of two that fit, the first counts."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = sentences

    def in_chinese(self, text: str) -> str:
        """The sentence in Chinese; one that nobody has translated -- an administrator's own words -- stays as it is."""
        if text in self.sentences:
            return self.sentences[text]
        for english, chinese in self._with_facts if len(text) <= LONGEST else ():
            if found := english.fullmatch(text):
                return chinese.format(*found.groups())
        return text

    def told(self, text: str, language: Language) -> str:
        """The sentence in the reader's language."""
        return self.in_chinese(text) if language == "zh" else text

    @cached_property
    def _with_facts(self) -> list[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(re.escape(english).replace(r"\{\}", "(.*)"), re.DOTALL), chinese)
            for english, chinese in self.sentences.items()
            if "{}" in english
        ]


CHINESE = {
    "acts-as-another": "此处不能以他人身份登录",
    "address-taken": "此地址已存在",
    "address-unavailable": "无法使用此地址，请换一个",
    "alias-loop": "别名又指回了它自己",
    "already-sent": "邮件已经发出",
    "annotation-too-large": "邮箱的注释最多 32768 字节",
    "bad-address": "这不是邮件地址",
    "bad-credentials": "用户名或密码错误",
    "bad-domain-name": "这不是域名",
    "bad-import": "文件有误，未导入任何内容",
    "bad-limit": "限额须为 0（不限）到 1000000000 的数字",
    "bad-mailbox-name": "邮箱名称须为 1 到 255 个字符，不含控制字符，且各级均不为空",
    "bad-moment": "请给出时间，例如 2026-11-20T08:00:00+08:00 或 3d（之前），且不能是将来",
    "bad-quota": "配额超过了该域允许的上限",
    "bad-retention": "已删除内容的保留天数须为 0 到 3650 天",
    "bad-targets": "一个别名须有 1 到 1000 个目标",
    "bad-transport": "邮件不能这样发出",
    "bad-uidl": "唯一标识须为 1 到 70 个不含空格的可见 ASCII 字符，且只属于一封邮件",
    "bad-url": "此网址在这里没有可读取的内容",
    "captcha-failed": "人机验证未通过，请重试",
    "csrf": "请求缺少跨站令牌，请重新加载页面",
    "domain-in-use": "该域仍有用户或别名",
    "domain-taken": "此域已存在",
    "fixed-mailbox": "此邮箱不能删除",
    "forbidden": "您无权执行此操作",
    "image-refused": "不获取此图片",
    "image-unavailable": "无法获取此图片",
    "last-administrator": "最后一位系统管理员不能移除，请先指定另一位",
    "login-throttled": "登录失败次数过多，请过几分钟再试",
    "mailbox-exists": "同名邮箱已存在",
    "maildrop-in-use": "另一会话正在收取此邮箱，请一分钟后再试",
    "message-too-large": "邮件超过了本服务器接收的大小",
    "never-suppressed": "发往 postmaster 和 abuse 的邮件始终照常发送",
    "no-recipients": "邮件没有收件人",
    "no-right": "您无权对此邮箱执行此操作",
    "no-such-alias": "没有此别名",
    "no-such-domain": "没有此域",
    "no-such-draft": "没有此草稿",
    "no-such-mailbox": "没有此邮箱",
    "no-such-message": "没有此邮件",
    "no-such-queue-entry": "队列中没有此邮件",
    "no-such-recipient": "本站没有此收件人",
    "no-such-registration": "没有此注册申请",
    "no-such-session": "没有此会话",
    "no-such-report": "没有此报告",
    "no-such-submission": "没有等待发送的此邮件",
    "no-such-transport": "没有这条传输路由",
    "no-such-upload": "没有此上传文件，可能已超过一天",
    "no-such-user": "没有此用户",
    "not-confirmed": "请再次输入名称以确认",
    "not-delivered": "邮件无法投递",
    "not-frozen": "没有被冻结的此项",
    "not-in-quarantine": "隔离区中没有此邮件",
    "not-kept": "当时的内容已不再保留，请选择较晚的时间",
    "not-suppressed": "此地址未被停止发送",
    "not-your-address": "只能用您自己的地址发信",
    "over-quota": "邮箱已满，请删除一些邮件或申请更多空间",
    "precondition-failed": "其间已被他人修改，请重新加载",
    "refused": "请求被拒绝",
    "registration-closed": "该域不开放注册",
    "sending-limited": "您目前的发信量已达上限，请稍后再试",
    "store-busy": "邮件存储正忙，请一分钟后再试",
    "store-damaged": "暂时无法读取此邮件",
    "store-full": "服务器暂时没有空间，请稍后再试",
    "suppressed": "暂不向其中某个地址发信",
    "token-expired": "令牌已过期或其会话已结束，请重新获取",
    "too-large": "邮件将超过本服务器可发送的大小",
    "too-many-annotations": "邮箱的注释过多，请先删除一些",
    "too-many-identifiers": "此邮箱的共享对象过多，请改为授权给整个域或所有人",
    "too-many-mailboxes": "邮箱或订阅过多，请先删除一些",
    "too-many-messages": "一次操作的邮件过多，请分批进行",
    "too-many-registrations": "来自此网络的注册过多，请一小时后再试",
    "unauthorized": "请先登录",
    "unknown-encoding": "无法识别此部分的传输编码",
    "user-disabled": "此用户已停用，请联系管理员",
    "weak-password": "密码须为 8 到 1024 个字符",
}

POP3_CHINESE = {
    "# messages": "共 # 封邮件",
    "# octets": "# 字节",
    "A channel binding has a mechanism of its own": "通道绑定有专用的登录机制",
    "A channel binding is offered here, and the client was not told": "此处提供通道绑定，但客户端未被告知",
    "A channel binding was expected": "此机制需要通道绑定",
    "A name or password holds letters that are too new": "用户名或密码含有过新的字符",
    "A name or password holds what must not stand in it": "用户名或密码含有不允许的字符",
    "A name or password is empty": "用户名或密码为空",
    "A name or password is not UTF-#": "用户名或密码不是 UTF-#",
    "A name or password is too long or holds NUL": "用户名或密码过长，或含有 NUL",
    "A name or password mixes directions of writing": "用户名或密码混用了书写方向",
    "And the password?": "请输入密码",
    "Begin TLS first": "请先启用 TLS",
    "Begin TLS now": "请启用 TLS",
    "CAPA takes no argument": "CAPA 不带参数",
    "DELE takes a number": "DELE 须带一个编号",
    "Goodbye": "再见",
    "LIST takes a number": "LIST 须带一个编号",
    "Languages": "可用的语言",
    "Mailnode is going down, come back in a moment": "Mailnode 即将停止，请稍后再来",
    "Mechanisms": "登录机制",
    "Messages come as they are": "邮件将原样发送",
    "NOOP takes no argument": "NOOP 不带参数",
    "Not now": "当前不能使用此命令",
    "Nothing will be removed": "不会删除任何邮件",
    "QUIT takes no argument": "QUIT 不带参数",
    "RETR takes a number": "RETR 须带一个编号",
    "RSET takes no argument": "RSET 不带参数",
    "Removed at QUIT": "将在 QUIT 时删除",
    "STAT takes no argument": "STAT 不带参数",
    "STLS takes no argument": "STLS 不带参数",
    "Sizes": "邮件大小",
    "Something went wrong here; try again later": "服务器出错，请稍后再试",
    "TLS comes before UTF#": "须先启用 TLS 再用 UTF#",
    "TLS is in use already": "TLS 已启用",
    "TOP takes # numbers": "TOP 须带 # 个数字",
    "The first message of SCRAM was expected": "此处应为 SCRAM 的第一条消息",
    "The last message of SCRAM was expected": "此处应为 SCRAM 的最后一条消息",
    "The line is too long": "行过长",
    "The login was cancelled": "登录已取消",
    "The name is empty": "用户名为空",
    "The password is empty": "密码为空",
    "The response is not base#": "应答不是 base#",
    "The response is too long": "应答过长",
    "The top": "邮件开头",
    "There are too many connections from your address": "来自您地址的连接过多",
    "There is no such language here": "没有此语言",
    "This channel binding is not known here": "不认识此通道绑定",
    "This command is not known here": "不认识此命令",
    "This is no POP# command": "这不是 POP# 命令",
    "This mechanism is not offered": "不提供此登录机制",
    "UIDL takes a number": "UIDL 须带一个编号",
    "USER comes first": "须先使用 USER",
    "USER takes a name": "USER 须带用户名",
    "UTF# takes no argument": "UTF# 不带参数",
    "Unique ids": "唯一标识",
    "What can be done": "可用功能",
}

DETAILS_CHINESE = {
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
}

FAULTS_CHINESE = {  # of the files that users and aliases are read from
    "this is not UTF-8": "不是 UTF-8",
    "this is not CSV: {}": "不是 CSV：{}",
    "the columns are address,password[,name,quota]": "列须为 address,password[,name,quota]",
    "there are {} columns instead of {} to {}": "有 {} 列，应为 {} 到 {} 列",
    "{} stands in line {} already": "{} 已在第 {} 行出现",
    "the quota {} is not a number of bytes such as 1000000, 500M or 2G": (
        "配额 {} 不是字节数，例如 1000000、500M 或 2G"
    ),
    "the domain stands for another one": "此域是别名域",
    "this is not name: target, target": "应为“名称: 目标, 目标”",
    "there is no target": "没有目标",
    "programs are not run: {}": "不运行程序：{}",
    "files are not written: {}": "不写入文件：{}",
    "lists in files are not read: {}": "不读取文件中的列表：{}",
}

FOUND_CHINESE = {
    # The client.
    "The DNS has no name for the client's address": "DNS 中没有客户端地址对应的名称",
    "The client's name only spells its address: {}": "客户端的名称只是其地址的另一种写法：{}",
    "The name of the client's address is not its own: {}": "客户端地址对应的名称并不指向该地址：{}",
    "{} lists the client's address ({})": "{} 列出了客户端的地址（{}）",
    "{} vouches for the client's address ({})": "{} 为客户端的地址作保（{}）",
    "The client talked before its turn": "客户端未等待应答就发送命令",
    "The client calls itself by an address without brackets": "客户端自报的是不带方括号的地址",
    "The client calls itself {}, which is this server": "客户端自称 {}，而那是本服务器",
    "The client calls itself by a domain of this server": "客户端自称本服务器的域",
    "The name that the client gives itself does not exist": "客户端自报的名称不存在",
    "The client calls itself by the address of this server": "客户端自报的是本服务器的地址",
    "The client calls itself by an address that is not its own": "客户端自报的地址不是它自己的",
    "A message like this from a stranger is taken at the second attempt; try again in {} seconds": (
        "陌生主机的此类邮件在第二次尝试时才接收，请 {} 秒后重试"
    ),
    # The author.
    "{} vouches for the author's domain by {}": "{} 经 {} 为作者的域作保",
    "{}, which is trusted, has seen the author's domain {} proved": ("受信任的 {} 已验证作者的域 {}"),
    "The author's domain {} is ours, and nothing vouches for it": "作者的域 {} 属于本站，但没有任何证明",
    "Neither SPF nor DKIM vouches for anybody": "SPF 和 DKIM 都没有通过",
    "From names authors of several domains, and a reader may be shown any of them": (
        "“发件人”中的作者分属多个域，读者看到的可能是其中任何一个"
    ),
    "Nothing vouches for the author's domain {}": "作者的域 {} 没有任何证明",
    "the DMARC policy of {} refuses mail that it did not send": ("{} 的 DMARC 策略要求拒收并非由其发出的邮件"),
    "the DMARC policy of {} distrusts mail that it did not send": ("{} 的 DMARC 策略要求隔离并非由其发出的邮件"),
    "The SPF record of {} does not allow this client": "{} 的 SPF 记录不允许此客户端",
    "The SPF record of {} does not allow this client; {} explains: {}": ("{} 的 SPF 记录不允许此客户端；{} 的说明：{}"),
    "The SPF record of {} doubts this client": "{} 的 SPF 记录不确定此客户端是否获准",
    "A report of the mail system is for one recipient, and this has several": "系统报告只有一位收件人，而此邮件有多位",
    # The content.
    "The message has no From field": "邮件没有 From 字段",
    "The message has several From fields": "邮件有多个 From 字段",
    "The From field has no address": "From 字段中没有地址",
    "The name in From looks like another address than the one it stands beside": (
        "From 中的姓名看似一个地址，却与实际地址不同"
    ),
    "The message has no Date field": "邮件没有 Date 字段",
    "The message is dated long ago, ahead of time or not at all": "邮件的日期过早、在将来或无法识别",
    "The message has no Message-ID": "邮件没有 Message-ID",
    "The subject is all in capitals": "主题全是大写字母",
    "A program is attached": "附件中有程序",
    "The message is a picture with a link and hardly a word": "邮件只有带链接的图片，几乎没有文字",
    "A link shows one web site and leads to another": "有链接显示一个网站，却指向另一个",
    "The message has {} points of {}: {}": "邮件得 {} 分，阈值 {} 分：{}",
    # The filters.
    "by what the user has put into Junk and taken out, {} junk: {}": (
        "依据该用户放入和移出垃圾邮件的邮件，是垃圾邮件的可能性为 {}：{}"
    ),
    "by what the user has put into Junk and taken out, {} junk": (
        "依据该用户放入和移出垃圾邮件的邮件，是垃圾邮件的可能性为 {}"
    ),
    "nothing found": "未发现病毒",
    "it holds {}": "含有 {}",
    "it takes the message": "接收此邮件",
    "it refuses the message": "拒收此邮件",
    "it asks to try again later": "要求稍后再试",
    "it would throw the message away": "要求丢弃此邮件",
    "it wants the message kept apart": "要求隔离此邮件",
    "it would deliver the message to nobody": "会使邮件没有收件人",
    "not asked: the message is larger than {} octets": "未检查：邮件超过 {} 字节",
    "it could not be asked: it did not answer a moment ago": "无法检查：刚才没有应答",
    "it could not be asked: no answer within {} seconds": "无法检查：{} 秒内没有应答",
    "it could not be asked: {}": "无法检查：{}",
    "{} of {} points, {}: {}": "{} 分，阈值 {} 分，{}：{}",
    "{} of {} points, {}": "{} 分，阈值 {} 分，{}",
    "{} of {} points: {}": "{} 分，阈值 {} 分：{}",
    "{} of {} points": "{} 分，阈值 {} 分",
}

DETAILS = Catalogue(DETAILS_CHINESE)
FOUND = Catalogue(FOUND_CHINESE)
