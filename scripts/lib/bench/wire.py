"""Bytes on the wire: what the kernel counts at the broker's connections."""

import re
import subprocess


def payload(port):
    """TCP payload that the server on `port` has sent and received so far, over the connections that are open now.

    What one node says to another is counted twice: on its way to the broker, and on its way from there.
    """
    shown = subprocess.run(
        ["ss", "--tcp", "--info", "--numeric", "--no-header", "--oneline", "state", "established", f"( sport = :{port} )"],
        capture_output=True, text=True, check=True).stdout
    return sum(int(number) for number in re.findall(r"\bbytes_(?:acked|received):(\d+)", shown))
