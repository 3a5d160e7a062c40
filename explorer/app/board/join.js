// Keeps the room that a browser is in for the dialog of the page that it goes on to.
const KEPT = "wattlas.board"
const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}")
localStorage.setItem(KEPT, JSON.stringify({...kept, room: document.body.dataset.room}))
location.replace(document.body.dataset.page)
