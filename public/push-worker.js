// Shows a notification as the server sent it: { title, body, url, tag, lang }; a click opens its link.
self.addEventListener("push", (event) => {
  const { title, body, url, tag, lang } = event.data?.json() ?? {};
  if (title) event.waitUntil(self.registration.showNotification(title, { body, tag, lang, data: { url } }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url } = event.notification.data ?? {};
  if (url) event.waitUntil(self.clients.openWindow(url));
});
