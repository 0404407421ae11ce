// What is said beside the pointer on a map; it turns to the other side near an edge.

export default function tip(map) {
  const element = document.createElement("div");
  element.className = "map-tip";
  element.hidden = true;
  map.getContainer().append(element);
  return {
    show({ x, y }, children) {
      element.replaceChildren(...children);
      element.hidden = false;
      const { clientWidth: width, clientHeight: height } = map.getContainer();
      const left = x + 16 + element.offsetWidth > width ? x - 16 - element.offsetWidth : x + 16;
      const top = Math.min(y + 16, height - element.offsetHeight - 8);
      element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    },
    hide() { element.hidden = true; },
  };
}
