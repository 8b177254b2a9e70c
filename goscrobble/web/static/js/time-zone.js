// Tells the server at sign-up which time zone the browser is in; without it the server's default is taken.

const field = document.querySelector("input[name=time_zone]");
if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
