// Paper has another shape than the screen: the map is fitted to it before it is printed, and to the screen afterwards.
// Written into the file by gcrm/maps/draw.py, after folium's own script, which names the map like its element.
{
  const [west, south, east, north] = JSON.parse(document.getElementById("bounds").textContent);
  const map = window[document.querySelector(".folium-map").id];
  const fit = () => {
    map.invalidateSize({ animate: false });
    map.fitBounds([[south, west], [north, east]], { padding: [8, 8], animate: false });
  };
  addEventListener("beforeprint", fit);
  addEventListener("afterprint", fit);
  matchMedia("print").addEventListener("change", fit);
}
