// Loads the page again when the chapter's file was saved. The browser keeps the place.
"use strict";

const body = document.body;
const state = document.getElementById("state");
let again = 0;

function tell(key) {
  state.textContent = body.dataset["say" + key[0].toUpperCase() + key.slice(1)];
  state.dataset.state = key;
}

function listen() {
  clearTimeout(again);
  const line = new EventSource(body.dataset.stream + "?since=" + encodeURIComponent(body.dataset.version));
  line.onopen = () => tell("live");
  line.onmessage = () => {
    line.close();
    location.reload();
  };
  line.onerror = () => {
    line.close();
    tell("offline");
    again = setTimeout(listen, 1500);
  };
}

listen();
