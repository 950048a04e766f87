// A colour's text field and its picker follow each other; the text is what is sent.
document.querySelectorAll("[data-colour-of]").forEach((picker) => {
  const text = document.querySelector(`[data-colour="${picker.dataset.colourOf}"]`);
  picker.hidden = false;
  picker.addEventListener("input", () => { text.value = picker.value; });
  text.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value.toLowerCase();
  });
});
