// Lets a browser subscribe to notifications, on a recipient's own page. Everything else on the page works without it.
const panel = document.querySelector("#push");
const here = document.currentScript.src;
const bytesOf = (key) =>
  Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const subscribe = async () => {
  const { key, to, done, denied, failed } = panel.dataset;
  const status = panel.querySelector("[data-status]");
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      status.textContent = denied;
      return;
    }
    const worker = await navigator.serviceWorker.register(new URL("push-worker.js", here));
    await navigator.serviceWorker.ready;
    const subscription = await worker.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytesOf(key),
    });
    const answer = await fetch(to, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(subscription),
    });
    status.textContent = answer.ok ? done : failed;
  } catch {
    status.textContent = failed;
  }
};

if (panel && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  panel.hidden = false;
  panel.querySelector("[data-on]").addEventListener("click", subscribe);
}
