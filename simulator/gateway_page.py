"""The page of the fake gateway: what phones and systems received, for whoever watches the demo."""

from __future__ import annotations

import html
import re

from simulator.gateway_model import Memory, Text

POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)

STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
  padding: 0 1rem; color: #16202b; background: #f4f5f7; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.note { color: #4a5663; }
.thread { background: #fff; border: 1px solid #c9d0d8; border-radius: 8px; padding: 1rem;
  margin: 1rem 0; }
.text { max-width: 36rem; margin: .5rem 0; padding: .5rem .75rem; border-radius: 8px;
  overflow-wrap: anywhere; }
.out { background: #e6eaef; } .in { background: #0b4f8a; color: #fff; margin-left: auto; }
.small { display: block; font-size: .8rem; opacity: .85; }
pre { background: #fff; border: 1px solid #c9d0d8; padding: .75rem; overflow-x: auto; }
input { font: inherit; padding: .4rem; width: 20rem; max-width: 60%; }
button { font: inherit; padding: .4rem 1rem; }
"""

_LINK = re.compile(r"https?://[^\s<>\"']+")


def page(memory: Memory) -> str:
    """The whole page; everything that came over the wire is escaped."""
    threads = "".join(_thread(n, texts) for n, texts in sorted(memory.threads().items()))
    hooks = "".join(
        f"<pre>{html.escape(_words(h.event))}\nid {html.escape(h.id)}, received {h.times} time(s)"
        f" since {h.at:%H:%M:%S} UTC</pre>"
        for h in reversed(memory.hooks.values())
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="refresh" content="15"><title>Phones and systems</title>'
        '<link rel="stylesheet" href="/style.css"></head><body>'
        "<h1>Phones and systems</h1>"
        '<p class="note">A fake gateway: no message leaves this computer.</p>'
        f"<h2>SMS</h2>{threads or '<p>No SMS yet.</p>'}"
        f"<h2>Webhooks</h2>{hooks or '<p>No webhook yet.</p>'}</body></html>"
    )


def _thread(number: str, texts: list[Text]) -> str:
    shown = html.escape(number)
    return (
        f'<section class="thread"><strong>{shown}</strong>{"".join(_text(t) for t in texts)}'
        f'<form method="post" action="/replies"><input type="hidden" name="from" value="{shown}">'
        f'<label>Answer from this phone <input name="body" maxlength="1600" required></label> '
        "<button>Send</button></form></section>"
    )


def _text(text: Text) -> str:
    body, last = "", 0
    for found in _LINK.finditer(text.body):
        where = html.escape(found.group())
        body += html.escape(text.body[last : found.start()])
        body += f'<a href="{where}" rel="noreferrer">{where}</a>'
        last = found.end()
    body += html.escape(text.body[last:])
    state = html.escape(text.status) + (f" ({text.error})" if text.error else "")
    way = "in" if text.way == "in" else "out"
    return (
        f'<div class="text {way}">{body}<span class="small">{text.at:%H:%M:%S} UTC, {state}'
        "</span></div>"
    )


def _words(event: dict[str, object]) -> str:
    data = event.get("data")
    code = data.get("code", "") if isinstance(data, dict) else ""
    return f"{event.get('type', '')}  alert {code}  at {event.get('time', '')}"
