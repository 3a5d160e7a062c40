// Keeps the room that a browser is in for the dialog of the app.
const KEPT = "wattlas.board"
const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}")
localStorage.setItem(KEPT, JSON.stringify({...kept, room: document.body.dataset.room}))
location.replace("../")
