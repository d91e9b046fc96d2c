// What a client's pages need of scripts, and no library: they work without it.
document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => { for (const button of buttons) button.disabled = true; });
  setTimeout(() => { for (const button of buttons) button.disabled = false; }, 30000);
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});
document.addEventListener("click", (event) => {
  if (event.target.closest('[data-action="toast#close"]')) event.target.closest(".toast").remove();
});
document.addEventListener("change", (event) => {
  const all = document.querySelector("[data-all]");
  if (!all) return;
  const boxes = [...document.querySelectorAll('input[name="item"]')];
  if (event.target === all) for (const box of boxes) box.checked = all.checked;
  else all.checked = boxes.every((box) => box.checked);
  const chosen = boxes.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-chosen]")) place.textContent = chosen ? `(${chosen})` : "";
});
for (const label of document.querySelectorAll(".desk-all")) label.hidden = false;
const part = document.querySelector('[data-part="picture"]');
const at = (name) => part.querySelector(`[name="${name}"]`);
function pin() {
  for (const stage of part.querySelectorAll(".anchor-stage")) {
    stage.hidden = stage.dataset.digest !== at("picture").value;
    const { width, height } = stage.querySelector("svg").viewBox.baseVal;
    const move = `translate(${at("pin_x").value * width / 100} ${at("pin_y").value * height / 100})`;
    stage.querySelector("g").setAttribute("transform", move);
  }
}
part?.addEventListener("input", pin);
part?.addEventListener("click", ({ target, offsetX, offsetY }) => {
  if (target.tagName !== "IMG") return;
  at("pin_x").value = 100 * offsetX / target.width;
  at("pin_y").value = 100 * offsetY / target.height;
  pin();
});
if (part) pin();
