// Excerpts, one at a time: a button and a slider in the place of the browser's own player, which serves without this.
"use strict";
(() => {
  const PLAY = "M4 2l10 6-10 6z";
  const PAUSE = "M4 2h3v12H4zM9 2h3v12H9z";
  const SVG = "http://www.w3.org/2000/svg";
  let playing = null;

  function drawn(name, attributes, within) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    within.append(made);
    return made;
  }

  function clock(ms) {
    const seconds = Math.floor(ms / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  function player(audio) {
    const { name } = audio.dataset;
    const [length, start, whole] = ["ms", "start", "of"].map((key) => Number(audio.dataset[key]));

    const button = document.createElement("button");
    button.type = "button";
    const icon = drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, button);
    const shape = drawn("path", { d: PLAY }, icon);

    const slider = document.createElement("input");
    slider.type = "range";
    slider.max = length;
    slider.step = 100;
    slider.value = 0;
    slider.setAttribute("aria-label", `Position in the excerpt of ${name}`);

    const time = document.createElement("span");
    time.className = "time";
    time.setAttribute("aria-hidden", "true"); // the slider says it

    const wave = audio.parentElement.querySelector(".wave");
    const wide = wave ? wave.viewBox.baseVal.width : 0;
    const cursor = wave && whole ? drawn("path", { class: "cursor", d: "" }, wave) : null;

    function show(ms) {
      if (slider.disabled) return;
      const said = `${clock(ms)} of ${clock(length)}`;
      slider.value = ms;
      slider.setAttribute("aria-valuetext", said);
      time.textContent = said.replace(" of ", " / ");
      if (cursor) cursor.setAttribute("d", ms ? `M${(((start + ms) / whole) * wide).toFixed(1)} 0v32` : "");
    }

    function state() {
      const pressed = !audio.paused;
      shape.setAttribute("d", pressed ? PAUSE : PLAY);
      button.setAttribute("aria-label", `${pressed ? "Pause" : "Play"} the excerpt of ${name}`);
    }

    async function toggle() {
      if (!audio.paused) return audio.pause();
      try {
        await audio.play();
      } catch (error) {
        if (error.name !== "AbortError") failed(); // paused before it began
      }
    }

    function failed() {
      slider.disabled = button.disabled = true;
      time.textContent = "cannot be played";
      time.removeAttribute("aria-hidden");
      time.setAttribute("role", "status");
    }

    button.addEventListener("click", toggle);
    slider.addEventListener("input", () => {
      audio.currentTime = Math.min(slider.value, length - 50) / 1000; // at the very end it would begin anew
      show(Number(slider.value));
    });
    audio.addEventListener("play", () => {
      if (playing && playing !== audio) playing.pause();
      playing = audio;
      state();
    });
    audio.addEventListener("pause", state);
    audio.addEventListener("ended", () => show(0));
    audio.addEventListener("timeupdate", () => show(audio.ended ? 0 : audio.currentTime * 1000));
    audio.addEventListener("error", failed);

    const place = document.createElement("div");
    place.className = "player";
    place.append(button, slider, time);
    audio.removeAttribute("controls");
    audio.before(place);
    state();
    show(0);
  }

  document.querySelectorAll("audio[data-ms]").forEach(player);
})();
