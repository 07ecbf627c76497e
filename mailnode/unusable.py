"""Why settings cannot be used, in the reader's language.

Their sentences arise in English and go to the log as they are; whoever prints one for people looks its Chinese up
here. The names of variables, paths, and what the operating system, OpenSSL and the reader of TOML say stay as they
are. A test holds that each sentence of `BadSettings` stands here, and all that pydantic says of our settings.
"""

from __future__ import annotations

from mailnode.language import language
from mailnode.sentences import Catalogue

VALUES_CHINESE = {
    # of pydantic
    "Input should be greater than or equal to {}": "不能小于 {}",
    "Input should be less than or equal to {}": "不能大于 {}",
    "Input should be greater than {}": "须大于 {}",
    "Input should be a valid integer": "须为整数",
    "Input should be a valid integer, unable to parse string as an integer": "须为整数",
    "Input should be a valid integer, got a number with a fractional part": "须为整数",
    "Unable to parse input string as an integer, exceeded maximum size": "数字过大",
    "Input should be a valid number": "须为数字",
    "Input should be a valid number, unable to parse string as a number": "须为数字",
    "Input should be a finite number": "须为有限的数字",
    "Input should be a valid boolean": "须为 true 或 false",
    "Input should be a valid boolean, unable to interpret input": "须为 true 或 false",
    "Input should be a valid string": "须为字符串",
    "Input is not a valid path for <class 'pathlib.Path'>": "不是有效的路径",
    "Input should be a valid tuple": "须为列表",
    "Input should be a valid frozenset": "须为列表",
    "Input should be a valid dictionary": "须为表",
    "Input should be a dictionary or an instance of {}": "须为字符串或表",
    "Input should be {} or {}": "须为 {} 或 {}",
    "Field required": "缺少必需的项",
    "Unexpected keyword argument": "有不认识的项",
    # of Python
    "{} does not appear to be an IPv4 or IPv6 network": "{} 不是 IPv4 或 IPv6 网络",
    "{} does not appear to be an IPv4 or IPv6 address": "{} 不是 IPv4 或 IPv6 地址",
    "Port out of range 0-65535": "端口须在 0 到 65535 之间",
    "Port could not be cast to integer value as {}": "端口 {} 不是数字",
    "Invalid IPv6 URL": "网址中的 IPv6 地址无效",
    # of ours
    "OpenSSL knows no such cipher": "OpenSSL 没有此加密套件",
    "write words with spaces between them, or a list": "请写成以空格分隔的词，或列表",
    "{} is not host:port": "{} 不是 host:port",
    "{}: write an IPv6 address as [::1]:port": "{}：IPv6 地址请写成 [::1]:port",
    "{} is no rule; there are {}": "没有规则 {}，可用 {}",
    "write smtp://host:port or smtps://user@host:port": "请写成 smtp://host:port 或 smtps://user@host:port",
    "{} is no filter: write rspamd=http://host:port, clamd=unix:///path, and so on": (
        "{} 不是过滤器：请写成 rspamd=http://host:port、clamd=unix:///path 等"
    ),
    "{}: its options are timeout, size, on_failure and action, its port below 65536": (
        "{}：选项为 timeout、size、on_failure 和 action，端口须小于 65536"
    ),
    "write domains such as example.org": "请写成域名，例如 example.org",
    "{} is no door for a proxy; there are {}": "{} 不能经由代理，可用 {}",
    "{} is no weight; write points, off, {}": "{} 不是分值；请写分数、off 或 {}",
    "{} is no check; there are {}": "没有检查项 {}，可用 {}",
    "{} is no list; write zone=127.0.0.[2..11]*points": "{} 不是 DNS 名单；请写成 zone=127.0.0.[2..11]*points",
    "{} is no answer of a list; write 127.0.0.2 or 127.0.0.[2..11]": (
        "{} 不是 DNS 名单的应答；请写成 127.0.0.2 或 127.0.0.[2..11]"
    ),
    "{} is no stretch of numbers up to 255": "{} 不是 255 以内的数字范围",
    "{} is no rate; write client:messages=100/m (client, network, sender; s, m, h, d)": (
        "{} 不是速率；请写成 client:messages=100/m（client、network、sender；s、m、h、d）"
    ),
}

SETTINGS_CHINESE = {
    **{
        f"MAILNODE_{{}} cannot be used: {english}": f"MAILNODE_{{}} 无法使用：{chinese}"
        for english, chinese in VALUES_CHINESE.items()
    },
    "MAILNODE_{} cannot be used: {}": "MAILNODE_{} 无法使用：{}",
    "There is no setting {}; look at README.md for the names": "没有设置项 {}；名称见 README.zh-CN.md",
    # The certificate.
    "MAILNODE_TLS_CERTIFICATE and MAILNODE_TLS_KEY are set together or not at all": (
        "MAILNODE_TLS_CERTIFICATE 和 MAILNODE_TLS_KEY 须同时设置，或都不设置"
    ),
    "There is no TLS key at {}; run: mailnode init": "{} 处没有 TLS 密钥；请运行：mailnode init",
    "There is no TLS certificate at {}; run: mailnode init": "{} 处没有 TLS 证书；请运行：mailnode init",
    "There is no TLS key at {}; put it there, or let {} name another file": (
        "{} 处没有 TLS 密钥；请将其放在此处，或将 {} 改为其他文件"
    ),
    "There is no TLS certificate at {}; put it there, or let {} name another file": (
        "{} 处没有 TLS 证书；请将其放在此处，或将 {} 改为其他文件"
    ),
    "There is no TLS key at {}": "{} 处没有 TLS 密钥",
    "There is no TLS certificate at {}": "{} 处没有 TLS 证书",
    "The TLS certificate {} cannot be used with its key: the key has a password": (
        "TLS 证书 {} 无法与其密钥一起使用：密钥设有密码"
    ),
    "The TLS certificate {} cannot be used with its key: {}": "TLS 证书 {} 无法与其密钥一起使用：{}",
    "The TLS certificate {} cannot be read: {}": "无法读取 TLS 证书 {}：{}",
    # Data folder, database and ports.
    "The data folder {} cannot be made: {}": "无法创建数据文件夹 {}：{}",
    "The database has the schema {} of a newer Mailnode than this one ({}): "
    "install that version, or restore a backup that this one has made": (
        "数据库的结构 {} 属于比此版本（{}）更新的 Mailnode：请安装该版本，或恢复此版本所作的备份"
    ),
    "{} is used by another program; end it, or change {}": "{} 已被其他程序占用；请结束该程序，或修改 {}",
    "No right to listen on {}; run as root, grant CAP_NET_BIND_SERVICE, or change {}": (
        "无权监听 {}；请以 root 运行，授予 CAP_NET_BIND_SERVICE，或修改 {}"
    ),
    "Cannot listen on {} ({}); change {}": "无法监听 {}（{}）；请修改 {}",
    "Cannot listen on {}: {}": "无法监听 {}：{}",
    "{} cannot be read: {}": "无法读取 {}：{}",
}

SETTINGS = Catalogue(SETTINGS_CHINESE)


def told(error: object) -> str:
    """The sentence of an error, or one that stands for itself, for people to read."""
    return SETTINGS.told(str(error), language())
