/** Apple's phones do not know geo: addresses; they get their own. */
export default function navigate(link) {
  const isApple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);
  if (isApple) link.href = `maps://?daddr=${link.dataset.lat},${link.dataset.lon}`;
}
