// Keeps a running job's figures fresh; without this script the page's own link does.
(() => {
  const live = document.getElementById("live");
  const step = async () => {
    const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (!fresh) return;
    live.innerHTML = fresh.innerHTML;
    if (fresh.dataset.refresh) setTimeout(step, Number(fresh.dataset.refresh));
    else location.reload();
  };
  if (live && live.dataset.refresh) setTimeout(step, Number(live.dataset.refresh));
})();
