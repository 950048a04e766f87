// Asked for to be printed: the print dialog opens by itself.
addEventListener("load", () => print());
