// DEMO. A page that shows the documents, as files and nothing else. Your own pages belong here.

import { readFileSync } from "node:fs";

const FILES = {
  "GET /": ["page.html", "text/html; charset=utf-8"],
  "GET /page.js": ["page.js", "text/javascript; charset=utf-8"],
  "GET /page.css": ["page.css", "text/css; charset=utf-8"],
};

// Only scripts and requests of this origin: what somebody writes into a document stays text.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

export function pageRoutes() {
  const routes = Object.entries(FILES).map(([route, [name, type]]) => {
    const body = readFileSync(new URL(`page/${name}`, import.meta.url));
    const headers = {
      "content-type": type,
      "cache-control": "no-cache",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    };
    return [route, () => new Response(body, { headers })];
  });
  return Object.fromEntries(routes);
}
