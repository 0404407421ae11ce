// Acts of a person who handed the phone on: AES-GCM under the key that the server gives only to that person's sign-in. The key is kept on the phone
// while the store is open, in a form that scripts cannot read out, and goes with everything else.

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Pictures are no JSON: their bytes stand in it as text. */
async function written({ photos, ...rest }) {
  const flat = await Promise.all(photos.map(async ({ blob, ...photo }) => {
    const content = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < content.length; at += 8192) text += String.fromCharCode(...content.subarray(at, at + 8192));
    return { ...photo, type: blob.type, content: btoa(text) };
  }));
  return JSON.stringify({ ...rest, photos: flat });
}

function read(text) {
  const { photos, ...rest } = JSON.parse(text);
  return { ...rest, photos: photos.map(({ type, content, ...photo }) => ({ ...photo, blob: new Blob([bytes(content)], { type }) })) };
}

export const sealed = {
  key: (seal) => crypto.subtle.importKey("raw", bytes(seal), "AES-GCM", false, ["encrypt", "decrypt"]),
  async box(content, key) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, content: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(await written(content))) };
  },
};

export async function opened({ iv, content }, key) {
  return read(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, content)));
}
