// Shows the result of an import on this very page as soon as it is there.

export default function finish(element) {
  element.addEventListener("finished", ({ detail }) => {
    if (detail.result) location.replace(detail.result);
  });
}
