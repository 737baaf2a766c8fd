// Version {{.Version}}.
//
// go-app registers this worker on every page. It listens to no fetch, so every
// request goes to the network and its HTTP cache, and no page is ever older
// than the server. A change of the line above is how an open page learns that
// there is a newer version.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
