// Live events. The page is told that something changed and fetches it; and it must know when
// it is not told: a screen that looks live and is not is worse than a dark one.
const SILENT = 25000; // ms without a sign of life (the server gives one every 10 s)
const AGAIN = 3000; // ms between attempts when the browser itself has given up

/**
 * Calls changed({alert, state}), reload(), state("live" | "lost" | "waiting", since).
 * Returns a function that connects anew at once.
 */
export function listen({ changed, reload, state }) {
  let source = null;
  let heard = Date.now();
  let lostSince = null;
  let timer = null;

  const live = () => {
    heard = Date.now();
    lostSince = null;
    state("live", null);
  };
  const lost = () => {
    lostSince ??= Date.now();
    state("lost", lostSince);
  };

  const connect = () => {
    clearTimeout(timer);
    source?.close();
    heard = Date.now();
    source = new EventSource("/api/events");
    source.addEventListener("reload", () => {
      live();
      reload();
    });
    source.addEventListener("changed", (event) => {
      live();
      changed(JSON.parse(event.data));
    });
    source.addEventListener("beat", (event) => {
      heard = Date.now();
      if (JSON.parse(event.data).live) live();
      else lost();
    });
    source.addEventListener("lost", () => {
      heard = Date.now();
      lost();
    });
    source.addEventListener("over", () => location.reload());
    source.onerror = () => {
      lost();
      // The browser tries again by itself after a broken connection, but not after an answer
      // like 503 or 401: then we do, and a page without a session goes to the log-in.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, AGAIN);
    };
  };

  const check = () => {
    if (Date.now() - heard > SILENT) {
      lost();
      connect();
    } else if (lostSince) {
      state("lost", lostSince);
    }
  };
  setInterval(check, 1000);
  addEventListener("online", connect);
  addEventListener("offline", lost);
  addEventListener("pageshow", (event) => event.persisted && connect());
  addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - heard > SILENT / 2) connect();
  });
  connect();
  return connect;
}
