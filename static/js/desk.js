// The field to type in has the focus once the admin's frame stands (it may hide the page until then).
addEventListener("load", () => {
  const field = document.querySelector("[autofocus]");
  if (field && document.activeElement === document.body) field.focus();
});
