"""Debian's content filters, each with rules of the test's own so that it starts in a moment."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support import needs, ports

WORD = "cheap pills"  # what all of them know
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

RSPAMD = """
lua = "{dir}/rules.lua";
options {{ filters = ""; control_socket = "{dir}/control mode=0600"; url_tld = "{dir}/tld"; hs_cache_dir = "{dir}";
  tempdir = "{dir}"; dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }} }}
lang_detection {{ languages = "{dir}/languages"; }}
logging {{ type = "file"; filename = "{dir}/log"; level = "error"; }}
actions {{ reject = 15; add_header = 6; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
modules {{ path = "/usr/share/rspamd/plugins/milter_headers.lua"; }}
milter_headers {{ use = ["x-spamd-result", "remove-headers"]; skip_local = false;
  routines {{ remove-headers {{ headers {{ X-Evil = 0; }} }} }} }}
"""
RSPAMD_RULES = """
rspamd_config.TEST_WORD = {{ score = 7.5, group = 'test', description = 'Pills', callback = function(task)
  return string.find(tostring(task:get_content()), '{word}', 1, true) ~= nil end }}
rspamd_config.TEST_ENVELOPE = {{ score = 0.5, group = 'test', callback = function(task)
  return task:get_helo() == 'spammer.example' and tostring(task:get_ip()) == '192.0.2.1'
    and task:get_from('smtp')[1].addr == 'a@spammer.example' and #task:get_recipients('smtp') == 2 end }}
"""
SPAMD_RULES = """
required_score 5
util_rb_tld com test example
body TEST_WORD /{word}/
score TEST_WORD 7.5
header TEST_HELO Received =~ /from spammer\\.example .*\\[192\\.0\\.2\\.1\\]/
score TEST_HELO 1.5
header TEST_SENDER EnvelopeFrom =~ /a@spammer\\.example/
score TEST_SENDER 0.25
"""
CLAMD = """
Foreground yes
LocalSocket {dir}/clamd.sock
DatabaseDirectory {dir}
LogFile {dir}/log
StreamMaxLength 2M
MaxThreads 2
"""
OPENDKIM = """
Mode v
Socket inet:{port}@127.0.0.1
TestDNSData file:{dir}/dns
AuthservID {name}
AlwaysAddARHeader yes
On-BadSignature reject
SoftwareHeader no
Background no
Syslog no
UserID {user}
"""


@contextlib.contextmanager
def _folder(name: str) -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix=f"mailnode-{name}-", dir="/tmp"))
    found.chmod(0o755)
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


@contextlib.contextmanager
def _running(*command: str | Path, last: signal.Signals = signal.SIGTERM) -> Iterator[None]:
    process = subprocess.Popen(
        [needs.program(str(command[0])), *map(str, command[1:])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(last)
        process.wait(60)


@contextlib.contextmanager
def rspamd() -> Iterator[str]:
    """Its URL. It knows `WORD`, and an envelope, and takes the field X-Evil away."""
    port = ports.free()
    with _folder("rspamd") as folder:
        (folder / "languages").mkdir()
        (folder / "tld").write_text("com\ntest\nexample\n")
        (folder / "rules.lua").write_text(RSPAMD_RULES.format(word=WORD))
        (folder / "rspamd.conf").write_text(RSPAMD.format(dir=folder, port=port))
        with _running("rspamd", "-f", "-i", "-c", folder / "rspamd.conf"):
            ports.listening("127.0.0.1", port)
            yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def spamd() -> Iterator[str]:
    """Its URL. It knows `WORD`, and an envelope."""
    port = ports.free()
    with _folder("spamd") as folder:
        (folder / "rules").mkdir()
        (folder / "site").mkdir()
        (folder / "rules" / "10_test.cf").write_text(SPAMD_RULES.format(word=WORD))
        (folder / "site" / "init.pre").write_text("loadplugin Mail::SpamAssassin::Plugin::Check\n")
        rules = ("-C", folder / "rules", f"--siteconfigpath={folder / 'site'}", "-s", folder / "log")
        where = ("-i", "127.0.0.1", f"--port={port}", "-m", "2", "--min-children=1")
        with _running("spamd", "-L", "-x", *where, *rules):
            ports.listening("127.0.0.1", port)
            yield f"tcp://127.0.0.1:{port}"


@contextlib.contextmanager
def clamd() -> Iterator[str]:
    """Its URL. It knows `EICAR` alone, and takes 2 MB at most."""
    with _folder("clamd") as folder:
        (folder / "test.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
        (folder / "clamd.conf").write_text(CLAMD.format(dir=folder))
        with _running("clamd", "-c", folder / "clamd.conf"):
            ports.until((folder / "clamd.sock").is_socket, what="clamd did not start")
            yield f"unix://{folder}/clamd.sock"


@contextlib.contextmanager
def opendkim(keys: dict[str, str], name: str) -> Iterator[str]:
    """Its place. It verifies by ``keys``, TXT records by name, and says so as ``name``; bad signatures are refused."""
    port = ports.free()
    with _folder("opendkim") as folder:
        records = "".join(f"{record} {text}\n" for record, text in keys.items())
        (folder / "dns").write_text(records)
        conf = OPENDKIM.format(dir=folder, port=port, name=name, user=folder.owner())
        (folder / "opendkim.conf").write_text(conf)
        with _running("opendkim", "-x", folder / "opendkim.conf", last=signal.SIGKILL):  # else it takes five seconds
            ports.listening("127.0.0.1", port)
            yield f"inet:127.0.0.1:{port}"
