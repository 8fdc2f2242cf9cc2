"""Takes pictures of the main screens, on a real terminal: `python -m docs.generate.screens`.

Run by hand when the screens have changed, and look at the pictures: times differ at each run, so they are not among the
pages that are compared. Needs tmux and the sandbox.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI, TerminalTheme

IMAGES = Path(__file__).resolve().parents[1] / "images"
ROOT = IMAGES.parents[1]
TARGET = "--sandbox --cluster-id demo --database dev"
SMALL = "--sandbox --dry-run --modules quadbin"
DARK, LIGHT = MONOKAI, DEFAULT_TERMINAL_THEME
_PROMPT = "$ "
_PATIENCE_S = 240


@dataclass(frozen=True)
class Screen:
    """A picture: what is typed, how wide the terminal is, its colours. `until` takes it as soon as a text shows."""

    name: str
    command: str
    columns: int = 80
    theme: TerminalTheme = DARK
    until: str = ""
    answers: tuple[str, ...] = ()


SCREENS = (
    Screen("asking", f"carto-at install {SMALL}", until="Go on?", answers=("1", "1", "1", "")),
    Screen("installing", f"carto-at install {TARGET}", until="Create or replace"),
    Screen("installed", ""),
    Screen("status", f"carto-at status {TARGET} --drift", columns=100, theme=LIGHT),
    Screen("check", f"carto-at check {TARGET} --db-user admin", columns=120, theme=LIGHT),
    Screen("describe", "carto-at describe QUADBIN_POLYFILL", theme=LIGHT),
    Screen("plan", f"carto-at plan {TARGET} --schema tools --modules h3"),
    Screen("error", f"carto-at uninstall {TARGET} --functions __h3_kring --yes"),
    Screen("usage", f"carto-at usage {TARGET} --db-user admin", columns=100),
)  # fmt: skip


class Terminal:
    """A tmux session of its own."""

    def __init__(self, socket: Path, home: Path) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        variables = {
            "CARTO_AT_SANDBOX_HOME": str(home),
            "COLORTERM": "truecolor",
            "PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin",
            "PS1": _PROMPT,
            "HOME": str(home.parent),
        }
        words = [f"{name}={value}" for name, value in variables.items()]
        shell = ["env", "-u", "CI", "-u", "NO_COLOR", *words, "bash", "--norc"]
        self._run("new-session", "-d", "-x", "80", "-y", "55", *shell)

    def _run(self, *words: str) -> str:
        command = [*self._tmux, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def resize(self, columns: int) -> None:
        """Make the terminal so wide."""
        self._run("resize-window", "-x", str(columns), "-y", "55")

    def type(self, text: str) -> None:
        """Type a line."""
        self._run("send-keys", "-l", text)
        self._run("send-keys", "Enter")

    def clear(self) -> None:
        """Begin with an empty screen."""
        self._run("send-keys", "C-l")
        time.sleep(0.5)

    def lines(self, *, styled: bool = False) -> list[str]:
        """What is on the screen, without empty lines at its end."""
        shown = self._run("capture-pane", "-p", *(["-e"] if styled else []))
        return shown.rstrip().splitlines()

    def wait(self, text: str) -> None:
        """Wait until a text shows, or the prompt is back."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            lines = self.lines()
            if text and any(text in line for line in lines):
                return
            if not text and len(lines) > 1 and lines[-1].strip() == _PROMPT.strip():
                return
            time.sleep(0.1)
        raise TimeoutError("\n".join(self.lines()))

    def wait_for_question(self) -> None:
        """Wait until the last line is a question without an answer."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (self.lines() or [""])[-1].rstrip().endswith("]:"):
            if time.monotonic() > deadline:
                raise TimeoutError("\n".join(self.lines()))
            time.sleep(0.1)

    def close(self) -> None:
        """End the session."""
        self._run("kill-server")


def take(terminal: Terminal, screen: Screen) -> None:
    """Type, wait and write the picture."""
    terminal.resize(screen.columns)
    if screen.command:
        terminal.clear()
        terminal.type(screen.command)
        for answer in screen.answers:
            terminal.wait_for_question()
            terminal.type(answer)
            time.sleep(1)
    terminal.wait(screen.until)
    lines = terminal.lines(styled=True)
    if not screen.until and lines[-1].strip().endswith(_PROMPT.strip()):
        lines = lines[:-1]
    console = Console(record=True, width=screen.columns, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    for line in AnsiDecoder().decode("\n".join(lines)):  # styles go on over line ends
        console.print(line, soft_wrap=True)
    IMAGES.mkdir(exist_ok=True)
    text = console.export_svg(title="carto-at", theme=screen.theme, unique_id=screen.name)
    (IMAGES / f"{screen.name}.svg").write_text(text, encoding="utf-8")
    if screen.until:
        terminal._run("send-keys", "C-c") if screen.answers else terminal.wait("")  # noqa: SLF001


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        terminal = Terminal(Path(scratch) / "tmux", Path(scratch) / "sandbox")
        try:
            terminal.type("carto-at sandbox start -q")
            terminal.wait("")
            time.sleep(10)
            for screen in SCREENS:
                take(terminal, screen)
                print(screen.name)
            terminal.clear()
            terminal.type("carto-at sandbox stop")
            terminal.wait("is stopped")
            time.sleep(1)
        finally:
            terminal.close()


if __name__ == "__main__":
    main()
