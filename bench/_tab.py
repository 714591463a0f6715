"""A reviewer's tab in a real Chromium: a key until the next case is painted, what a page weighs and holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench._desk import session_of
from hitl.accounts.models import User
from hitl.bench.stage import Web
from hitl.runtime.verification import find_browser

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE_MS = 30_000

# Of each key that answers: from the moment the browser made its event until the frame with another case is on
# the screen. A message posted inside a frame's callback arrives when that frame is painted. From memory is
# what was there when the key's own task ended: no request can have been answered by then.
_WATCH = """(() => {
  const lease = () => document.querySelector("[data-stage]")?.dataset.lease ?? "";
  window.keys = { ms: new Float64Array(10_000), isNow: new Uint8Array(10_000), count: 0 };
  window.events = { ms: new Float64Array(10_000), count: 0 };
  let pressed = null;
  const channel = new MessageChannel();
  let whenPainted = null;
  channel.port1.onmessage = () => {
    keys.ms[keys.count] = performance.now() - whenPainted.at;
    keys.isNow[keys.count++] = whenPainted.isNow;
  };
  addEventListener("keydown", (event) => {
    if (!/^[1-9]$/.test(event.key)) return;
    pressed = { at: event.timeStamp, lease: lease(), isNow: true };
    const mine = pressed;
    setTimeout(() => (mine.isNow = false));
  }, true);
  const observer = new MutationObserver(() => {
    if (!pressed || lease() === pressed.lease || !lease()) return;
    whenPainted = { ...pressed }; // the key's task is over when it is painted
    pressed = null;
    requestAnimationFrame(() => channel.port2.postMessage("painted"));
  });
  addEventListener("DOMContentLoaded", () =>
    observer.observe(document.querySelector("[data-stage-place]"), { childList: true }));
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) {
      if (name === "keydown") events.ms[events.count++] = duration;
    }
  }).observe({ type: "event", durationThreshold: 16 });
})()"""
# The floor: the same key on a page that holds a word, which changes it.
_BARE = """<!doctype html><title>bare</title><p>0</p><script>
  window.ms = [];
  const channel = new MessageChannel();
  let at = 0;
  channel.port1.onmessage = () => ms.push(performance.now() - at);
  addEventListener("keydown", (event) => {
    at = event.timeStamp;
    document.querySelector("p").textContent = String(ms.length + 1);
    requestAnimationFrame(() => channel.port2.postMessage("painted"));
  });
</script>"""
_READY = """(count) => document.querySelector("[data-stage=case]") && keys.count >= count
  && document.querySelector("[data-desk]").getAttribute("aria-busy") !== "true\""""


@dataclass(frozen=True, slots=True)
class Weight:
    """What opening the desk costs with an empty cache: bytes on the wire and requests, until it is quiet."""

    kilobytes: float
    requests: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What the page holds after its garbage was collected."""

    heap_mb: float
    nodes: int
    listeners: int


def why_no_browser() -> str | None:
    """Return what is missing for a browser to be driven; None where nothing is."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "not installed: playwright, which comes with what `python3 manage.py test` installs"
    return None if find_browser() else "no Chromium here: install one, or name it in CHROMIUM"


class Tab:
    """One tab at the desk of one person."""

    def __init__(self, context: Any, page: Any, bare: Any, server: Web) -> None:
        self._page, self._bare, self._wire = page, bare, context.new_cdp_session(page)
        self._address = f"http://{server.host}:{server.port}/review/"
        self._answered = 0

    def open(self) -> Weight:
        """Open the desk for the first time; return what came over the wire."""
        sizes: list[float] = []
        self._wire.send("Network.enable")
        self._wire.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
        self._page.goto(self._address)
        self._page.wait_for_load_state("networkidle")
        self._page.wait_for_function(_READY, arg=0, timeout=PATIENCE_MS)
        self._wire.send("Network.disable")
        self._wire.send("Performance.enable")
        return Weight(sum(sizes) / 1000, len(sizes))

    def answer(self, times: int, *, pause_ms: int) -> None:
        """Answer cases by key, one after another, with a pause before each as if they were read.

        In every pause the key is pressed on the bare page as well.
        """
        for _ in range(times):
            self._page.wait_for_timeout(pause_ms / 2)
            self._bare.keyboard.press("1")
            self._bare.wait_for_function("(count) => ms.length >= count", arg=self._answered + 1)
            self._page.wait_for_timeout(pause_ms / 2)
            self._page.keyboard.press("1")
            self._answered += 1
            self._page.wait_for_function(_READY, arg=self._answered, timeout=PATIENCE_MS)

    def times(self) -> list[tuple[float, bool]]:
        """Return of each key so far: ms until the next case was painted, and whether it came from memory."""
        found = self._page.evaluate("[...keys.ms.slice(0, keys.count)].map((ms, n) => [ms, !!keys.isNow[n]])")
        return [(ms, is_from_memory) for ms, is_from_memory in found]

    def bare_times(self) -> list[float]:
        """Return of each key on the bare page: ms until its word was painted."""
        return list(self._bare.evaluate("ms"))

    def events(self) -> list[float]:
        """Return what the browser's own Event Timing says of keys that took 16 ms or more, in steps of 8."""
        return list(self._page.evaluate("[...events.ms.slice(0, events.count)]"))

    def memory(self) -> Memory:
        """Collect the garbage and say what is left."""
        self._wire.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in self._wire.send("Performance.getMetrics")["metrics"]}
        return Memory(found["JSHeapUsedSize"] / 1e6, int(found["Nodes"]), int(found["JSEventListeners"]))


@contextmanager
def tab(server: Web, user: User) -> Iterator[Tab]:
    """Start a browser of its own, signed in as this person, with nothing in its cache."""
    from playwright.sync_api import sync_playwright

    session = session_of(user)  # before: beside Playwright's loop the ORM refuses to work
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        address = f"http://{server.host}:{server.port}"
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page = context.new_page()
        page.add_init_script(_WATCH)
        bare = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        bare.set_content(_BARE)
        yield Tab(context, page, bare, server)
        browser.close()
