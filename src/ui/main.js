/* main.js - the page begins here */
