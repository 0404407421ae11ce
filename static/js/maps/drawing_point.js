// One account of a drawing, for folium's FastMarkerCluster, which calls it for each row: latitude, longitude, name and status as HTML
// that is escaped already, colour, and whether it is hollow. Written into the file by gcrm/maps/draw.py before folium's own script.
function drawnPoint([lat, lon, name, status, colour, hollow]) {
  const point = L.circleMarker([lat, lon], { radius: 6, weight: hollow ? 2.5 : 1, color: hollow ? colour : "#ffffff", fillColor: hollow ? "#ffffff" : colour, fillOpacity: 1 });
  return point.bindTooltip(`<strong>${name}</strong><br>${status}`, { className: "tip", sticky: true });
}
