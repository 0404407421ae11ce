// Apple's devices do not know geo: addresses; they get their own.

export default function navigate(link) {
  if (/iPhone|iPad|Macintosh/.test(navigator.userAgent)) link.href = `maps://?daddr=${link.dataset.lat},${link.dataset.lon}`;
}
