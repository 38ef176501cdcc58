// The review desk by keyboard; without this script each button does the same by a whole page.
(() => {
  const at = (id) => document.getElementById(id);
  const part = { "X-Fragment": "1" };
  const ahead = new Map();
  let turn = Promise.resolve();
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");
  const link = (row) => row.querySelector("a");
  const current = () => document.querySelector("#rows a[aria-current]")?.closest("li");
  const then = (work) => { turn = turn.then(work).catch(() => location.reload()); };

  const pane = (row) => {
    if (!ahead.has(row.id)) ahead.set(row.id, fetch(link(row).href, { headers: part }).then((got) => got.text()));
    return ahead.get(row.id);
  };
  const prefetch = (row) => { if (row) pane(row).catch(() => ahead.delete(row.id)); };

  // A button that is swapped away leaves the focus to its successor of the same id, else to `other`.
  const swap = (old, fresh, other) => {
    const held = old.contains(document.activeElement) && document.activeElement.id;
    old.replaceWith(fresh);
    if (held !== false) (at(held) || other).focus();
  };

  const show = async (row, focus) => {
    const fresh = parse(await pane(row)).getElementById("pane");
    ahead.delete(row.id);
    if (current()) link(current()).removeAttribute("aria-current");
    link(row).setAttribute("aria-current", "true");
    swap(at("pane"), fresh, link(row));
    if (focus) link(row).focus();
    history.replaceState(null, "", link(row).href);
    row.scrollIntoView({ block: "nearest" });
    prefetch(row.nextElementSibling);
  };

  const next = async (row, focus) => {
    if (row?.nextElementSibling) return show(row.nextElementSibling, focus);
    if (!at("more")) return row && show(row, focus);
    const { href } = at("more");
    at("work").replaceWith(parse(await (await fetch(href)).text()).getElementById("work"));
    history.replaceState(null, "", href);
    (current() ? link(current()) : at("pane")).focus();
    prefetch(current()?.nextElementSibling);
  };

  const send = async (form) => {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: part }).catch(() => form.submit());
    const got = parse(await answer.text());
    const refused = got.getElementById("pane");
    if (refused) {
      at("pane").replaceWith(refused);
      (refused.querySelector("[aria-invalid]") || refused).focus();
      return;
    }
    if (!got.getElementById("counts")) return form.submit(); // signed out: sent as a page it is kept
    const row = current();
    const desk = at("pane").contains(document.activeElement);
    for (const fresh of got.querySelectorAll("li.row")) {
      const old = at(fresh.id);
      ahead.delete(fresh.id);
      if (old === row) link(fresh).setAttribute("aria-current", "true");
      if (old) swap(old, fresh, link(fresh));
    }
    for (const id of ["state", "counts", "undo"]) if (at(id)) swap(at(id), got.getElementById(id), at("pane"));
    at("said").textContent = got.getElementById("said").textContent;
    const back = got.getElementById("goto");
    const same = at(back ? "row-" + back.dataset.record : row?.id);
    const known = got.getElementById("as-it-is");
    if (known && same) ahead.set(same.id, Promise.resolve(known.innerHTML));
    if (back && !same) location.assign(link(back).href);
    else if (back || form.id === "secrecy") await show(same, true);
    else await next(same, !desk);
  };

  const keys = {
    j: () => next(current(), true),
    k: () => current()?.previousElementSibling && show(current().previousElementSibling, true),
    x: () => current()?.querySelector("input")?.click(),
    "?": () => { at("keys").open = true; at("keys").firstElementChild.focus(); },
  };
  for (const key of "adspz") keys[key] = () => {
    const button = document.querySelector(`[data-key=${key}]`);
    const reason = key === "d" && button?.form.elements.reason;
    if (reason && !reason.value) reason.focus();
    else if (key === "p") button?.click();
    else if (button) return send(button.form);
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio],[type=checkbox]),textarea");
    const work = keys[event.key.toLowerCase()];
    if (!work || typing || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!at("work").dataset.keys) return;
    event.preventDefault();
    then(work);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.closest("#pane, #undo")) return;
    event.preventDefault();
    then(() => send(event.target));
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("#rows a")?.closest("li");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    then(() => show(row, true));
  });
  prefetch(current()?.nextElementSibling);
})();
