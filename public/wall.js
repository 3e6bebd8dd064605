// The wall: follows the server's events for days, on a television that nobody touches. Texts only ever become text.
(() => {
  const MOST_EARLIER = 6;
  const SHOWN_MS = 9000;
  const SHOWN_IN_A_RUSH_MS = 3000;
  const MOST_WAITING = 12;
  const LATE_MS = 10 * 60 * 1000;
  const SILENCE_MS = 40000;

  const main = document.querySelector("main");
  const language = document.documentElement.lang;
  const { zone: timeZone, version } = main.dataset;
  const texts = JSON.parse(main.dataset.texts);
  const [now, earlier, state] = ["section.now", "section.earlier", ".state"].map((each) => main.querySelector(each));
  const list = earlier.querySelector("ol");

  const hour = new Intl.DateTimeFormat(language, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(language, { timeZone, weekday: "long", day: "numeric", month: "long" });
  const date = new Intl.DateTimeFormat("en-CA", { timeZone });
  const count = new Intl.NumberFormat(language, { useGrouping: true });

  // newest first; the first of them is the one that is shown large
  let shown = JSON.parse(main.dataset.earlier).slice(0, MOST_EARLIER + 1);
  let last = Number(main.dataset.after);
  let waiting = [];
  let showing = false;

  const paragraph = (name, text) => {
    const element = document.createElement("p");
    element.className = name;
    element.textContent = text;
    return element;
  };
  const when = (at) => {
    const then = new Date(at);
    return date.format(then) === date.format(new Date()) ? hour.format(then) : day.format(then);
  };
  const draw = (fresh) => {
    const [latest, ...rest] = shown;
    if (latest) {
      now.replaceChildren(
        paragraph("who", latest.who),
        paragraph("what", latest.what),
        paragraph("when", when(latest.at)),
      );
    }
    now.classList.remove("fresh");
    if (fresh) {
      // the style has to see it go before it sees it come
      void now.offsetWidth;
      now.classList.add("fresh");
    }
    earlier.querySelector("h2").hidden = rest.length === 0;
    list.replaceChildren(
      ...rest.map((moment) => {
        const item = document.createElement("li");
        item.append(paragraph("who", moment.who), paragraph("when", when(moment.at)), paragraph("what", moment.what));
        return item;
      }),
    );
  };
  const take = (moment) => {
    shown = [moment, ...shown].slice(0, MOST_EARLIER + 1);
  };
  // one after the other, each for long enough to be read
  const next = () => {
    const moment = waiting.shift();
    showing = moment !== undefined;
    if (!moment) return;
    take(moment);
    draw(true);
    setTimeout(next, waiting.length > 2 ? SHOWN_IN_A_RUSH_MS : SHOWN_MS);
  };
  const celebrate = (moment) => {
    // what happened while the wall was away is told, and not celebrated one by one
    if (Date.now() - Date.parse(moment.at) > LATE_MS || waiting.length >= MOST_WAITING) {
      for (const each of [...waiting, moment]) take(each);
      waiting = [];
      draw(false);
      return;
    }
    waiting.push(moment);
    if (!showing) next();
  };

  const score = (row) => {
    const item = document.createElement("li");
    for (const [name, text] of [
      ["rank", String(row.rank)],
      ["of", row.name],
      ["score", count.format(row.score)],
    ]) {
      const span = document.createElement("span");
      span.className = name;
      span.textContent = text;
      item.append(span);
    }
    return item;
  };
  const drawBoard = ({ rows, by }) => {
    const board = main.querySelector("section.board");
    if (!board) return location.reload();
    board.querySelector("h2").textContent = texts.board[by];
    board.querySelector("ol").replaceChildren(...rows.map(score));
    board.querySelector(".nobody").hidden = rows.length > 0;
  };

  let source;
  let heard = Date.now();
  let pause = 1000;
  const say = (text, live) => {
    state.textContent = text;
    state.classList.toggle("live", live);
  };
  const connect = () => {
    source?.close();
    heard = Date.now();
    const address = `${location.pathname.replace(/\/+$/, "")}/events?after=${last}`;
    source = new EventSource(address);
    const on = (name, handle) =>
      source.addEventListener(name, (event) => {
        heard = Date.now();
        handle(JSON.parse(event.data), Number(event.lastEventId));
      });
    on("hello", (hello) => {
      // a newer server has a newer page
      if (hello.version !== version) return location.reload();
      pause = 1000;
      say(texts.live, true);
    });
    on("moment", (moment, id) => {
      if (id <= last) return;
      last = id;
      celebrate(moment);
    });
    on("board", drawBoard);
    on("still", () => {});
    on("gone", () => {
      source.close();
      clearInterval(watch);
      say(texts.gone, false);
    });
    source.onerror = () => {
      say(texts.waiting, false);
      // after an answer that is no stream a browser gives up: a proxy says 502 while the server starts again
      if (source.readyState !== EventSource.CLOSED) return;
      heard = Date.now();
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 30000);
    };
  };
  // a connection can die without a word, as after a night of sleep; and yesterday's times become dates
  const watch = setInterval(() => {
    if (Date.now() - heard > SILENCE_MS) {
      say(texts.waiting, false);
      connect();
    }
  }, 5000);
  setInterval(() => draw(false), 60000);

  draw(false);
  connect();
})();
